// FlowClient
