// PlatformBridge
