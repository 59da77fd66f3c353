"""Models with latent variables: mixtures and EM, variational autoencoders, codebooks, invertible layers."""
