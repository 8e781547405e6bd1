"""`python -m streams` is `gridloop`."""

from streams.cli import main

if __name__ == "__main__":
    main()
