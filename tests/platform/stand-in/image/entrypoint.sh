#!/bin/sh
# The application's entrypoint prepares its packages; the stand-in's page needs none.
exec python -m src.frontend
