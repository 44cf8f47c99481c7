"""The steps that fill the functions' image, the same in Docker and in a clean folder."""
