"""What this desk calls itself."""

DESK_NAME = "云津经济开发区企业服务专窗"
