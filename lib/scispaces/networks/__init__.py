"""Neural networks: the one perceptron, its gradients, its constants, how signals pass through it."""
