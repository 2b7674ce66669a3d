"""What the desk is told about a doubtful reply."""

import pytest

from service_desk.domain.reply_checks import warnings

ANOTHER = "已协调银行续贷三百万元，贷款合同本周内签订。"
LONG = "经现场勘察，该线路末端负荷较重，已于三月五日更换四百千伏安变压器，电压恢复正常，请企业放心生产。"


@pytest.mark.parametrize(
    ("text", "evidence", "others", "said"),
    [
        pytest.param("云津江海船舶的变压器已更换。", True, [], [], id="names the enterprise"),
        pytest.param("您反映的QS-2026-000007已办结。", True, [], [], id="names the number"),
        pytest.param("江海船舶：已更换。", True, [], [], id="names it by its short name"),
        pytest.param("已更换变压器。", True, [], ["没有提到"], id="names nobody"),
        pytest.param("江海船舶的变压器已更换。", False, [], ["佐证材料"], id="no evidence"),
        pytest.param(
            f"江海船舶：{LONG}", True, [("QS-2026-000003", f"三友服饰：{LONG}")], ["QS-2026-000003"], id="a copy"
        ),
        pytest.param("江海船舶：已办。", True, [("QS-2026-000003", "江海船舶：已办。")], [], id="short ones are alike"),
        pytest.param(
            f"江海船舶：{LONG}", True, [("QS-2026-000003", ANOTHER)], [], id="another reply"
        ),
    ],
)  # fmt: skip
def test_doubts(text: str, evidence: bool, others: list[tuple[str, str]], said: list[str]) -> None:  # noqa: FBT001
    found = warnings(
        text, enterprise="云津江海船舶有限公司", number="QS-2026-000007", has_evidence=evidence, others=others
    )
    assert len(found) == len(said)
    assert all(word in sentence for word, sentence in zip(said, found, strict=True))
