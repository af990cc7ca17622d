"""What layers emit: functions of a builder and tensors that append kernel calls and return the output tensor."""
