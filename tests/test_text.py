import pytest

from rag import text


@pytest.mark.parametrize(
    ("numeral", "number"), [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("二十一", 21), ("九十九", 99)]
)
def test_numerals_and_numbers_are_each_others_inverse(numeral: str, number: int) -> None:
    assert text.chinese_number(numeral) == number
    assert text.chinese_numeral(number) == numeral


@pytest.mark.parametrize("words", ["", "百", "一百", "年", "一一"])
def test_what_is_no_numeral_up_to_99_is_none(words: str) -> None:
    assert text.chinese_number(words) is None


def test_sentences_keep_their_stops_and_closing_quotes() -> None:
    words = "他说：“不够深入。”随后改了。\n  第二段"
    assert [words[a:b] for a, b in text.sentences(words)] == ["他说：“不够深入。”", "随后改了。", "第二段"]


def test_dice_is_worked_out_by_hand() -> None:
    # 理论 论学 学习 / 理论 论武 武装: one shared of three and three
    assert text.dice("理论学习", "理论武装") == pytest.approx(2 * 1 / 6)
    assert text.dice("学", "学") == 0.0


def test_display_pairs_quotes_and_leaves_odd_ones_alone() -> None:
    assert text.displayed('在纠正"四风"方面') == "在纠正“四风”方面"
    assert text.displayed('一个"引号') == '一个"引号'
