"""Errors to plant in clean drafts, a planter a rule. Nothing here is imported from the rules, nor copied from their tables.

A planter takes a draft, all drafts and a source of chance, and gives the spoilt text with the place of the error, or
None when this draft has nothing to spoil in that way.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Draft:
    """A clean draft; `author` is the post that wrote it."""

    name: str
    author: str
    text: str
    year: int
    genre: str | None
    person: str | None

    @property
    def is_confession(self) -> bool:
        """A material of 对照检查 whose headings survive as plain text (marks of Markdown and HTML do not)."""
        return self.genre in ("对照检查材料", "党性分析") and not self.name.endswith((".md", ".html"))


@dataclass(frozen=True)
class Planted:
    """The spoilt text; the error stands at text[start:end], None for one that has no place of its own."""

    text: str
    start: int | None
    end: int
    what: str
    source: str = ""
    year: int | None = None


Planter = Callable[[Draft, Sequence[Draft], random.Random], "Planted | None"]


def body_lines(text: str) -> list[tuple[int, int]]:
    """Lines of running text: forty characters and more, ending in a full stop."""
    return [m.span() for m in re.finditer(r"[^\n]{40,}。(?=\n|$)", text)]


def inserted(draft: Draft, words: str, chance: random.Random, what: str, **more: object) -> Planted | None:
    """`words` as a sentence of its own behind some sentence of the draft."""
    places = [m.end() for m in re.finditer(r"[^\n。]{12,}。(?=[^”』」\n])", draft.text)]
    if not places:
        return None
    at = chance.choice(places)
    return Planted(draft.text[:at] + words + draft.text[at:], at, at + len(words), what, **more)  # type: ignore[arg-type]


def swapped(
    draft: Draft, pattern: str, new: Callable[[re.Match[str]], str], chance: random.Random, what: str
) -> Planted | None:
    """One match of `pattern` replaced."""
    found = list(re.finditer(pattern, draft.text))
    if not found:
        return None
    match = chance.choice(found)
    words = new(match)
    text = draft.text[: match.start()] + words + draft.text[match.end() :]
    return Planted(text, match.start(), match.start() + len(words), what)


# ---------------------------------------------------------------- copies


def passage(draft: Draft, drafts: Sequence[Draft], chance: random.Random) -> tuple[str, str] | None:
    """60 to 200 characters of another author's report: whole sentences in a row, and the report's name."""
    other = chance.choice([d for d in drafts if d.author != draft.author])
    sentences = re.findall(r"[^。\n]{10,}。", other.text)
    if len(sentences) < 12:
        return None
    start = chance.randrange(3, len(sentences) - 6)
    words, wanted = "", chance.randrange(60, 200)
    for sentence in sentences[start:]:
        words += sentence
        if len(re.sub(r"\W", "", words)) >= wanted:
            break
    joined = re.sub(r"\s", "", words)
    return (joined, other.name) if joined in re.sub(r"\s", "", other.text) else None


def copied(draft: Draft, drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    found = passage(draft, drafts, chance)
    return inserted(draft, found[0], chance, "verbatim", source=found[1]) if found else None


def lightly_edited(draft: Draft, drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    """A passage with one character in twenty exchanged, and words dropped, put in, or two clauses swapped."""
    found = passage(draft, drafts, chance)
    if not found:
        return None
    words, source = found
    sentences = re.findall(r"[^。]+。", words)
    if chance.random() < 0.5:
        place = chance.randrange(len(sentences))
        clauses = re.split(r"(?<=，)", sentences[place].rstrip("。"))
        if len(clauses) > 2:
            i = chance.randrange(len(clauses) - 2)
            clauses[i], clauses[i + 1] = clauses[i + 1], clauses[i]
            sentences[place] = "".join(clauses) + "。"
    letters = list("".join(sentences))
    pool = "人事做看讲说想走来去问办好多近远高新同年月天里边前后快慢"
    for _ in range(max(2, len(letters) // 20)):
        at = chance.randrange(len(letters))
        if letters[at] in "，。、“”":
            continue
        letters[at] = chance.choice(pool)
    for _ in range(max(1, len(letters) // 60)):
        at = chance.randrange(len(letters) - 3)
        if chance.random() < 0.5:
            del letters[at : at + 2]
        else:
            letters[at:at] = chance.choice(["确实", "也", "其实", "真正", "一直"])
    return inserted(draft, "".join(letters), chance, "lightly edited", source=source)


# ---------------------------------------------------------------- what is left of others

# Proper names of the seeds, and whose they are (read by a person, not by a program).
OWN_NAMES = {
    "白沙河镇": "白沙河镇", "桂苑社区": "桂苑社区", "临江街道": "社区党委书记", "槐树坪村": "驻村第一书记",
    "青石镇": "驻村第一书记", "城南街道": "城南街道", "清河街道": "街道党工委", "安和街道": "街道办主任", "青石桥小学": "小学校长",
    "北坡乡": "卫生健康局",
}  # fmt: skip
FRAMES = [
    "上个月我带队去{}学习了他们的做法。",
    "{}的同志也提过同样的意见。",
    "这件事是在{}开会时定下来的。",
    "后来{}又报来一次。",
]


def left_over(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    kind = chance.randrange(4)
    if kind == 0:
        name = chance.choice(["周建华", "李秀兰", "王海涛", "赵敏", "刘国强"])
        line = f"\n述职人：{name}\n"
        return Planted(draft.text + line, len(draft.text) + 5, len(draft.text) + 5 + len(name), "signed name")
    if kind == 1:
        match = re.search(r"20\d\d(?=年)", draft.text.split("\n")[0])
        if not match:
            return None
        year = str(int(match[0]) - chance.choice([3, 4, 5]))
        text = draft.text[: match.start()] + year + draft.text[match.end() :]
        return Planted(text, match.start(), match.end(), "year in the title", year=draft.year)
    name = chance.choice(list(OWN_NAMES))
    if OWN_NAMES[name] in draft.author or name in draft.text:
        return None
    frame = chance.choice(FRAMES)
    before = frame.index("{}")
    made = inserted(draft, frame.format(name), chance, f"name {name}")
    return made and Planted(made.text, (made.start or 0) + before, (made.start or 0) + before + len(name), made.what)


# ---------------------------------------------------------------- parts


def sections(text: str) -> list[tuple[int, int, str]]:
    """Parts under 一、 or under a heading line of few characters that names a usual part: (start, end, heading)."""
    heads = list(
        re.finditer(
            r"(?:(?<=\n)|^)(?:[一二三四五六]、[^\n。]{2,40}|[^\n，。；：]{2,20}(?:问题|原因|措施|打算|方向|学习情况))(?=\n)",
            text,
        )
    )
    return [(m.start(), heads[i + 1].start() if i + 1 < len(heads) else len(text), m[0]) for i, m in enumerate(heads)]


def part_lost(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    if not draft.is_confession:
        return None
    found = [
        s
        for s in sections(draft.text)
        if re.search(r"问题|原因|根源|措施|打算|整改|努力方向", s[2]) and "上年" not in s[2]
    ]
    if len(found) < 2:
        return None
    wanted = chance.choice(["问题", "措施|打算|整改|方向"])
    own = [s for s in found if re.search(wanted, s[2]) and not (wanted == "问题" and re.search("原因|根源", s[2]))]
    if len(own) != 1:
        return None
    start, end, heading = own[0]
    return Planted(draft.text[:start] + draft.text[end:], None, 0, f"without {heading}")


def out_of_balance(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    """The problems and causes cut to their first sentences, or the learning drawn out."""
    if not draft.is_confession:
        return None
    parts = sections(draft.text)
    faults = [s for s in parts if re.search(r"问题|原因|根源|不足", s[2]) and not re.search("上年|整改", s[2])]
    learning = [s for s in parts if re.search(r"^[^（]*学习", s[2]) and not re.search("问题|方面", s[2])]
    text = draft.text
    if learning and chance.random() < 0.5:
        _, end, heading = learning[0]
        more = (
            "".join(
                f"第{n}次集体学习，大家轮流领读，又对照岗位谈了体会，会后各自写了笔记。" for n in "一二三四五六七八九十"
            )
            * 4
        )
        return Planted(text[:end] + more + "\n" + text[end:], None, 0, f"learning drawn out: {heading}")
    if len(faults) < 2:
        return None
    for start, end, heading in reversed(faults):
        cut = text[start:end].split("\n")
        short = "\n".join(re.sub(r"(?<=。)[^\n]+", "", line)[:60] for line in cut[:3])
        text = text[:start] + heading + "\n" + short + "\n" + text[end:]
    own = sum(
        end - start for start, end, h in sections(text) if re.search(r"问题|原因|根源|不足", h) and "上年" not in h
    )
    if own > 0.25 * len(text) or len(text) < 900:
        return None
    return Planted(text, None, 0, "problems and causes cut short")


VAGUE = [
    "理论功底还不够扎实，政治站位有待提高，思想认识不够到位。", "服务意识有所淡化，主动性不强，方法比较简单。", "担当精神不足，攻坚克难的劲头不够，存在畏难情绪。",
    "工作作风不够扎实，落实标准不高，跟踪问效不够。", "纪律意识有所松懈，自我要求不够严格，警惕性不高。", "创新意识不强，思路不够开阔，习惯于老办法。",
]  # fmt: skip


def without_cases(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    if not draft.is_confession:
        return None
    faults = [
        s for s in sections(draft.text) if re.search(r"问题|不足", s[2]) and not re.search("上年|原因|整改", s[2])
    ]
    if not faults:
        return None
    if chance.random() < 0.35:
        start, end, _ = faults[0]
        hedge = chance.choice(
            [
                "虽然平常也能按要求参加集体学习，但是钻研的劲头差。",
                "尽管对下面的难处心里有数，可是真正帮着解决的少。",
                "虽说大事都拿到会上商量，然而听不进不同意见。",
            ]
        )
        line = draft.text.find("\n", start) + 1
        stop = draft.text.find("。", line, end) + 1
        if stop <= line:
            return None
        return Planted(draft.text[:stop] + hedge + draft.text[stop:], stop, stop + len(hedge), "hedge")
    start, end, heading = faults[0]
    points = chance.sample(VAGUE, 5)
    lines = "\n".join(f"{n}是{p}" for n, p in zip("一二三四五", points, strict=True))
    return Planted(draft.text[:start] + heading + "\n" + lines + "\n" + draft.text[end:], None, 0, "no case")


def wrong_person(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    if not draft.is_confession or draft.person not in ("个人", "班子"):
        return None
    faults = [
        s for s in sections(draft.text) if re.search(r"问题|不足", s[2]) and not re.search("上年|原因|整改", s[2])
    ]
    if not faults:
        return None
    start, end, _ = faults[0]
    line = draft.text.find("\n", start) + 1
    stop = draft.text.find("。", line, end) + 1
    if stop <= line:
        return None
    ones = [
        "有的同志学习抓得不紧，",
        "部分党员党性观念不强，",
        "个别干部下基层不够，",
        "班子成员之间谈心不够，",
        "我们支部抓落实不够有力，",
        "一些同志怕担责任，",
    ]
    groups = ["我平时读书不够，", "本人对分管工作抓得不紧，", "我个人批评别人怕伤和气，", "我下去调研的次数偏少，"]
    words = chance.choice(ones if draft.person == "个人" else groups) + "遇到难题绕着走。"
    return Planted(draft.text[:stop] + words + draft.text[stop:], stop, stop + len(words), words)


# ---------------------------------------------------------------- characters

BLANKS = [
    "XX",
    "×××",
    "____",
    "（　　）",
    "【待补充】",
    "〔请填写单位名称〕",
    "某某某",
    "xx",
    "○○",
    "XXX",
    "（此处补充数据）",
]


def not_filled(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    blank = chance.choice(BLANKS)
    return swapped(draft, r"(?<=[\u4e00-\u9fff，])\d{1,4}(?=[个名次户人件元万家])", lambda _m: blank, chance, blank)


def misnumbered(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    kind = chance.randrange(4)
    if kind == 0:  # an item of a list in a paragraph lost
        found = list(re.finditer(r"二是[^\n]{4,}?。(?=三是)", draft.text))
        if not found:
            return None
        match = chance.choice(found)
        at = match.start()
        return Planted(draft.text[:at] + draft.text[match.end() :], at, at + 2, "二是 lost")
    if kind == 1:  # a heading's number jumps
        return swapped(
            draft,
            r"(?<=\n)(?:三|四)(?=、[^\n]{2,30}\n)",
            lambda m: {"三": "五", "四": "六"}[m[0]],
            chance,
            "heading jumps",
        )
    if kind == 2:  # a number given twice
        return swapped(draft, r"(?<=\n（)二(?=）)", lambda _m: "一", chance, "（一） twice")
    found = list(re.finditer(r"(?<=\n)2\.(?=[\u4e00-\u9fff])", draft.text))
    if len(found) < 1 or len(re.findall(r"\n\d\.", draft.text)) < 4:
        return None
    match = chance.choice(found)
    return Planted(
        draft.text[: match.start()] + "2、" + draft.text[match.end() :],
        match.start(),
        match.start() + 2,
        "2、 among 1. 3.",
    )


OUTDATED = [
    "要扎实开展党史学习教育，把成效体现在工作里。", "深入学习宣传贯彻党的十九大精神。", "认真落实常态化疫情防控各项措施。", "按照《中华人民共和国合同法》重新签订了协议。",
    "扎实开展“不忘初心、牢记使命”主题教育。", "坚决打赢脱贫攻坚战。", "对建档立卡贫困户逐一走访。", "已报县卫计局备案。", "推进“两学一做”学习教育。", "会同国土局现场踏勘。",
    "学习贯彻党的十九届六中全会精神。", "做好“六稳”工作。", "在党的群众路线教育实践活动中查摆问题。", "由县扶贫办牵头落实。", "为决胜全面建成小康社会作贡献。", "开展“三严三实”专题教育。",
]  # fmt: skip


def outdated(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    words = chance.choice(OUTDATED)
    return inserted(draft, words, chance, words, year=2026)


CUT = [
    "习总书记多次强调这个问题。", "认真学习习总书记重要讲话。", "坚持以习近平新时代中国特色社会主义为指导。", "同以习近平为核心的党中央保持一致。", "坚持用习新时代中国特色社会主义思想武装头脑。",
    "学习了《党章》和有关规定。", "重温了《廉洁自律准则》。", "对照《纪律处分条例》检查自己。", "在习近平同志为核心的党中央坚强领导下前进。", "用新时代中国特色社会主义思想指导工作。",
    "落实《支部工作条例》要求。", "学习习近平新时代特色社会主义思想。",
]  # fmt: skip


def cut_short(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    words = chance.choice(CUT)
    title = re.search(r"《([^》]+)》", words)
    if title and title[1] in draft.text:  # shortened after the full title: no fault
        return None
    return inserted(draft, words, chance, words)


def bad_quotes(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    kind = chance.randrange(4)
    if kind == 0:
        return swapped(draft, r"“[^“”\n]{2,20}”", lambda m: f'"{m[0][1:-1]}"', chance, "straight")
    if kind == 1:
        return swapped(draft, r"“[^“”\n]{2,20}”", lambda m: m[0][:-1], chance, "no closing")
    if kind == 2:
        return swapped(draft, r"“[^“”\n]{2,20}”", lambda m: m[0][1:], chance, "no opening")
    return swapped(
        draft,
        r"《[^《》\n]{2,20}》|（[^（）\n]{3,20}）(?=[\u4e00-\u9fff])",
        lambda m: m[0][:-1],
        chance,
        "bracket left open",
    )


def bad_marks(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    hanzi = r"(?<=[\u4e00-\u9fff]){}(?=[\u4e00-\u9fff])"
    kinds: list[tuple[str, Callable[[re.Match[str]], str], str]] = [
        (hanzi.format("，"), lambda _m: ",", "half-width comma"),
        (hanzi.format("。"), lambda _m: ".", "half-width stop"),
        (hanzi.format("[；：]"), lambda m: {"；": ";", "：": ":"}[m[0]], "half-width colon"),
        (hanzi.format("[，。、]"), lambda m: m[0] * 2, "twice"),
        (hanzi.format("，"), lambda _m: "，。", "two at odds"),
        (
            r"（[\u4e00-\u9fff][^（）\n]{3,20}）(?=[\u4e00-\u9fff，。])",
            lambda m: f"({m[0][1:-1]})",
            "half-width brackets",
        ),
        (hanzi.format("。"), lambda _m: "...", "dots"),
    ]
    return swapped(draft, *_with(chance.choice(kinds), chance))


def _with(kind: tuple[str, Callable[[re.Match[str]], str], str], chance: random.Random) -> tuple[str, Callable[[re.Match[str]], str], random.Random, str]:  # fmt: skip
    return kind[0], kind[1], chance, kind[2]


def twice(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    """A word typed twice: one of a few particles between two plain words, or the first two to four Hanzi of a clause."""
    if chance.random() < 0.5:
        made = swapped(
            draft,
            r"(?<=[，。][\u4e00-\u9fff]{2})[的在和对](?=[\u4e00-\u9fff]{3})",
            lambda m: m[0] * 2,
            chance,
            "particle",
        )
    else:
        length = chance.choice([2, 2, 3, 4])
        made = swapped(
            draft, rf"(?<=[，。；])[\u4e00-\u9fff]{{{length}}}(?=[\u4e00-\u9fff]{{4}})",
            lambda m: m[0] if re.search(r"[一二三四五六七八九十两几逐每]|(.)\1|着$", m[0]) else m[0] * 2, chance, "word",
        )  # fmt: skip
    return made if made and made.text != draft.text else None


# Right word, and how it is often miswritten.
MISWRITTEN = {
    "部署": "布署", "已经": "己经", "自己": "自已", "贯彻": "贯切", "截至": "截止", "反映问题": "反应问题", "反映情况": "反应情况", "既往不咎": "既往不究", "再接再厉": "再接再励",
    "一如既往": "一如继往", "按部就班": "按步就班", "账户": "帐户", "台账": "台帐", "坐落在": "座落在", "必须坚持": "必需坚持", "权力运行": "权利运行", "竣工": "峻工", "松懈": "松解",
    "针砭": "针贬", "松弛": "松驰", "即使": "既使", "安装": "按装", "推诿扯皮": "推委扯皮", "以身作则": "以身做则", "兢兢业业": "竞竞业业", "循序渐进": "寻序渐进", "精粹": "精萃",
    "徇私": "循私", "销毁": "消毁", "分歧": "分岐", "赋予了": "赋于了", "给予支持": "给于支持", "部分": "部份", "气概": "气慨", "急躁": "急燥", "浮躁": "浮燥", "敷衍": "敷衔",
    "厉行节约": "历行节约", "防患于未然": "防范于未然", "辨别": "辩别", "严于律己": "严于律已", "候选人": "侯选人", "锻炼": "锻练", "欠账": "欠帐", "因地制宜": "因地治宜",
}  # fmt: skip
HOMES = {
    "截止": "截止2025年底，任务全部完成。", "反应问题": "群众反应问题的渠道还不畅通。", "反应情况": "村里及时向镇上反应情况。", "必需坚持": "做这件事必需坚持下去。", "权利运行": "加强对权利运行的监督。",
    "座落在": "新的服务中心座落在路口。", "给于支持": "上级对这项工作给于支持。", "赋于了": "组织上赋于了我新的任务。", "部份": "还有一部份人没有来。", "松解": "思想上有所松解，抓得不紧。",
    "既使": "既使时间再紧，也要把情况问清楚。", "循私": "不搞循私舞弊那一套。",
}  # fmt: skip


def miswritten(draft: Draft, _drafts: Sequence[Draft], chance: random.Random) -> Planted | None:
    wrong = chance.choice(list(MISWRITTEN.values()))
    frame = HOMES.get(wrong, f"这项工作我们{wrong}过两回。")
    at = frame.index(wrong)
    made = inserted(draft, frame, chance, wrong)
    return made and Planted(made.text, (made.start or 0) + at, (made.start or 0) + at + len(wrong), wrong)


PLANTERS: dict[str, Planter] = {
    "overlap": copied,
    "edited": lightly_edited,
    "residue": left_over,
    "structure": part_lost,
    "balance": out_of_balance,
    "case": without_cases,
    "person": wrong_person,
    "placeholder": not_filled,
    "numbering": misnumbered,
    "stale": outdated,
    "name": cut_short,
    "quotes": bad_quotes,
    "punctuation": bad_marks,
    "doubled": twice,
    "confusion": miswritten,
}
