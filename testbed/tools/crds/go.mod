module mock-device.example/tools/crds

go 1.26.0
