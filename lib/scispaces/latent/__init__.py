"""Models with latent variables: mixtures, variational autoencoders, codebooks, invertible layers."""
