"""GAN Playground: train a GAN live, turn its knobs while it runs, walk its latent space."""

__version__ = "0.1.0"
