"""`python -m qa`, and the `qa` command."""

from qa.cli import exit_now

if __name__ == "__main__":
    exit_now()
