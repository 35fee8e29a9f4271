"""stream-processor or bronze-ingestion, whose commands are the same: only the second has a bucket."""

import os

from src import bronze, processor

(bronze if "BRONZE_BUCKET" in os.environ else processor).main()
