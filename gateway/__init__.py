"""The front door of every act."""
