# Generated from matrix/mock-device.yaml; do not edit.
MOCK_ACCEL_VERSION ?= 0.2.0
