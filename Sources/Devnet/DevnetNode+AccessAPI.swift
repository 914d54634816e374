public import FlowClient

extension DevnetNode: AccessAPI {}
