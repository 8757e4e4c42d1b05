"""What every process needs: settings, clock, logging, the Temporal client, the embedded servers."""
