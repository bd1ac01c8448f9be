"""Régua's wheel: the program `regua` on the PATH, and `regua.airflow`, which runs it from Airflow."""
