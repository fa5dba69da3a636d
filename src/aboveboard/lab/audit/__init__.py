"""What does a model remember of those it learnt from? Nothing may leave the lab before this is known."""
