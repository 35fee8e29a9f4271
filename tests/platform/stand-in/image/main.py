"""The simulation."""

from src import simulation

simulation.main()
