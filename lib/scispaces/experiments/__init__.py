"""What trains and returns runs."""
