"""Models with latent variables: vector quantisation, invertible layers."""
