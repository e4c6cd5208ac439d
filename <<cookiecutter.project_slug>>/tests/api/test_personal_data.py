"""What a request says of a personal feature is found in no log and in no file of events."""

import json

import numpy as np
import pytest
import tritonclient.grpc
from rows import changed, columns
from servers import serving

# Texts and digits that nothing else in a log can hold.
NUMBER, TEXT, ROW_ID = 423.71828, "Liechtenstein-77", 987654321
TRACES = ("423.71", "1.00042e", TEXT, str(ROW_ID))
OF_A_PERSON = {"name": "customer", "shape": [1, 1], "datatype": "BYTES", "data": [ROW_ID]}
REFUSED = {
    "out_of_range": columns(income=-NUMBER),
    "unknown_category": columns(region=TEXT),
    "wrong_type": changed("income", data=[str(NUMBER)]),
}
OTHERS = (
    # Two at fault are in one message.
    columns(income=1e6 + NUMBER, region=TEXT),
    changed("region", data=[NUMBER]),
    [*columns(), OF_A_PERSON],
)


def call(server) -> None:
    """One refused call over gRPC, whose status holds the message."""
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
    tensors = []
    for item in columns(income=-NUMBER):
        kind = item["datatype"]
        tensor = tritonclient.grpc.InferInput(item["name"], item["shape"], kind)
        dtype = tritonclient.utils.triton_to_np_dtype(kind)
        tensor.set_data_from_numpy(np.array(item["data"], dtype).reshape(item["shape"]))
        tensors.append(tensor)
    with pytest.raises(tritonclient.utils.InferenceServerException, match="below the minimum 0"):
        client.infer(server.name, tensors)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_value_of_a_person_is_written(bundles, tmp_path, log_format):
    events = tmp_path / "events"
    settings = {"SERVING_EVENT_FOLDER": str(events), "LOG_FORMAT": log_format}
    settings |= {"SERVING_EVENT_FEATURES": "*", "SERVING_LOG_LEVEL": "DEBUG"}
    with serving(bundles["personal"], tmp_path, **settings) as server:
        answer = server.infer(columns(2, income=NUMBER), {"x-request-id": "person-1"})
        assert answer.status == 200, answer.body
        for code, inputs in REFUSED.items():
            answer = server.infer(inputs)
            assert answer.json["code"] == code
        for inputs in OTHERS:
            assert server.infer(inputs).status == 400
        call(server)
    log = server.log.read_text("utf-8")
    kept = [line for path in events.iterdir() for line in path.read_text("utf-8").splitlines()]
    written = "\n".join([log, server.log.with_suffix(".err").read_text(), *kept])

    assert not [trace for trace in TRACES if trace in written]
    # It was all told, without them.
    assert "person-1" in log and "income: below the minimum 0 in 1 row" in log
    assert [json.loads(line)["event.id"] for line in kept] == ["person-1-0", "person-1-1"]
    for line in kept:
        assert json.loads(line)["ml.features"] == {"visits": 3.0, "member": 1.0, "plan": "a"}
