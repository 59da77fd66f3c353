"""Models with latent variables: posteriors, variational autoencoders, closed forms to hold them against."""
