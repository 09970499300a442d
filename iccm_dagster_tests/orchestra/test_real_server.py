"""The whole way over a real inference server: prompt, HTTP, generation, parsing, and the application's own tests."""

import pytest

from iccm_dagster.applications.catalogue import load_application, test_files
from iccm_dagster.applications.interface import interface_of
from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Suite
from iccm_dagster.harness.verify import verify
from iccm_dagster.orchestra.answers import Finish
from iccm_dagster.orchestra.endpoints import endpoint_reconstructors
from iccm_dagster.orchestra.prompts import question_for
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster_tests.orchestra.scenes import RIGHT, conductor, endpoint, fenced
from iccm_dagster_tests.orchestra.tiny_server import learn_by_heart, transformers_serve
from iccm_dagster_tests.tiny import write_application

CONTEXT = Context(statements=("Add numbers up.", "Find the largest number.", "Double a number."))


@pytest.mark.timeout(280)
def test_a_model_behind_transformers_serve_rebuilds_an_application_and_its_tests_pass(tmp_path):
    application = load_application(write_application(tmp_path / "001-plain", split="train", word="plain"))
    interface = interface_of(application)
    asked = question_for(endpoint("http://any/v1"), CONTEXT, interface)
    messages = [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.prompt}]
    checkpoint = learn_by_heart(tmp_path / "tiny-qwen2", messages, fenced(RIGHT))
    with transformers_serve(checkpoint, seconds=200) as url:
        recipe = endpoint(url, model=str(checkpoint), timeout_s=60.0, max_tokens=400)
        cut = endpoint(url, "model-b", model=str(checkpoint), timeout_s=60.0, max_tokens=40)
        made = conductor(tmp_path, recipe, cut)
        whole, short = (player.reconstruct(CONTEXT, interface) for player in endpoint_reconstructors(made))
    assert whole.answer.finish is Finish.STOP and whole.answer.counted and not whole.simulated
    assert whole.implementation.files["plainnumbers.py"].strip() == RIGHT.strip()
    assert short.answer.finish is Finish.LENGTH and short.answer.tokens_out == 40
    assert "cut off at the limit of tokens" in short.remarks
    suite = Suite(application_id=application.id, files=test_files(application), modules=application.modules, kept=None)
    limits = Limits(wall_s=60.0, test_s=10.0, memory_mib=1024, processes=32, output_mib=8)
    report = verify(whole.implementation, suite, sandbox=default_sandbox(), limits=limits, cache=None)
    if report.isolation is Isolation.STRONG:
        assert report.pass_rate == 1.0
    else:
        assert report.pass_rate is None, "code of a language model never runs under weak isolation"
    again = conductor(tmp_path, recipe, cut)
    assert [player.reconstruct(CONTEXT, interface) for player in endpoint_reconstructors(again)] == [whole, short]
    assert again.ledger.accounts["model-a"].requests == 0, "the server is gone, the answers are kept"
