"""The reference: NumPy, as short and plain as it can be. Never made faster; every other backend must agree with it."""
