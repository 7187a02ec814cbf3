"""What a test measured is printed at the end, also where a worker ran it (record_property)."""


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line("%s: %s %s" % (report.nodeid, name, value))
