"""The stack itself: started, hurt, stopped and started again."""
