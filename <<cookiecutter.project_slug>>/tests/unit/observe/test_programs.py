"""Programs are found by the names of several systems; missing ones are named with the way out."""

import pytest

from <<cookiecutter.package_name>>.observe.programs import MissingProgramsError, find_programs


def program(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("before", ["", "prometheus-"])
def test_names_with_and_without_debians_word(tmp_path, before):
    made = [
        program(tmp_path, "prometheus"),
        program(tmp_path, f"{before}alertmanager"),
        program(tmp_path, f"{before}pushgateway"),
    ]

    found = find_programs(str(tmp_path))

    assert [found.prometheus, found.alertmanager, found.pushgateway] == made


def test_all_that_is_missing_is_said_at_once(tmp_path):
    program(tmp_path, "prometheus")

    with pytest.raises(MissingProgramsError) as error:
        find_programs(str(tmp_path))

    assert str(error.value).startswith("alertmanager, pushgateway not found on PATH")
    assert "apt-get install prometheus-alertmanager prometheus-pushgateway;" in str(error.value)
