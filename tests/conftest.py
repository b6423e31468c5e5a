"""What every test may use, and the house rule that no test is skipped."""

import pytest


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test is a failed run: a broker that is missing must not pass for a broker."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("a test was skipped: that counts as a failure here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
