<<<<<<< HEAD
"""Models with latent variables: mixtures, variational autoencoders, codebooks, invertible layers."""
=======
"""Models with an unobserved variable: EM, mixtures, topics."""
>>>>>>> s1
