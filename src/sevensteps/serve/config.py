"""What every service is set up with."""


def check_reach(api_key: str, deadline_ms: float, port: int) -> None:
    """Refuse a key, a deadline or a port with which no service should start.

    Raises
    ------
    ValueError                which says what to do
    """
    if len(api_key) < 16:
        raise ValueError(
            "api_key needs at least 16 characters; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    if not 1 <= deadline_ms <= 60_000:
        raise ValueError(f"deadline_ms must lie in 1..60000; got {deadline_ms}")
    if not 0 <= port <= 65_535:
        raise ValueError(f"port must lie in 0..65535; got {port}")
