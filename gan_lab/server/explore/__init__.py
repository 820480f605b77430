"""Exploring a latent space over one socket: pictures that follow a finger, and longer questions."""

from gan_lab.server.explore.conversation import latent_socket

__all__ = ["latent_socket"]
