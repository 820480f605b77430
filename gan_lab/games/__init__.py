"""Who plays and for what. A new kind of GAN is one new file here."""

from gan_lab.games.base import Game, Move, Player
from gan_lab.games.generation import Generation

__all__ = ["Game", "Generation", "Move", "Player"]
