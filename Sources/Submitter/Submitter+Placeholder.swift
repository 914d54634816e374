// Submitter
