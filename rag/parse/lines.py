"""What a short line outside the body is: date, document number, addressee, author, sign-off, annex, page furniture.

One line at a time, by its own words; where it stands is for front.py to say.
"""

from __future__ import annotations

import re

from rag.config import table
from rag.text import bare

LONGEST_SITE_LINE = 80
_YEAR = r"(?:[12][0-9０-９XxＸ×]{3}|[二一][〇○Ｏ零一二三四五六七八九OX]{3}|[Xx×]{2,4})\s*年"
_DAY = r"(?:[\dXx×０-９]{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = re.compile(rf"[（(]?\s*{_YEAR}\s*{_DAY}\s*月(?:\s*{_DAY}\s*[日号])?\s*[）)]?")
_NUMBER = re.compile(
    r".{0,16}[〔\[［(（]\s*\d{4}\s*[〕\]］)）]\s*(?:第\s*)?[\dXx×]+\s*[号次期]$|[（(]?\s*第\s*\d{1,4}\s*[期次号]\s*[）)]?$|"
    r"签发人\s*[:：].{0,20}$|(?:绝密|机密|秘密|特急|加急|平急)(?:[★☆\s\u3000].{0,10})?$|内部(?:资料|文件|材料).{0,10}$"
)
_LETTERHEAD = re.compile(r"[\u4e00-\u9fffXx×（）()\s]{4,40}文\s*件$")
_SUBTITLE = re.compile(r"\s*(?:—{1,3}|-{2,4}|－{1,3}|──?|――?)\s*\S")
_DISCLAIMER = re.compile(
    r"(?:本文|本材料|此文|原创|投稿|文章).{0,20}(?:仅供|参考|请勿|勿照|转载|版权|投稿)|仅供.{0,8}参考"
)
_SOURCE = re.compile(
    r"\s*(?:(?:信息|文章|稿件|新闻)?来源|出处|作者|(?:责任|本文|网站)?编辑|责编|审核人?|校对|供稿|稿源|发布(?:时间|日期|机构|人)|成文日期|"
    r"日期|时间|(?:浏览|点击|阅读|访问)(?:次数|量|数)?|字体|字号)\s*[:：]"
)
# What a saved or pasted page has around its article: where one is, and what one can click.
_PLACE = re.compile(r"(?:您?(?:现在|当前)?(?:所在)?的?位置|当前位置|首页)\s*(?:[:：>＞»›/|]|-{2})")
_CLICK = (
    "打印(?:本页)?|关闭(?:窗口|本页)?|收藏(?:本页)?|分享(?:到)?|返回(?:顶部|首页|列表)?|纠错|朗读|点赞|评论|微信|微博|QQ空间|"
    "字体|字号|大|中|小|首页|上一[篇页条]|下一[篇页条]|相关(?:链接|阅读|新闻|文章|附件)|网站地图|联系我们|关于我们|隐私声明|免责声明|登录|注册"
)
_BETWEEN = r"[【】\[\]（）()|丨·:：\s\u3000]*"
_CLICKS = re.compile(rf"{_BETWEEN}(?:(?:{_CLICK}){_BETWEEN})+$")
_SITE = re.compile(
    r"(?:上|下)一[篇条页]\s*[:：]|分享到|扫一扫|(?:长按|扫码|点击)(?:.{0,10})(?:关注|二维码|查看|下载)|版权(?:所有|声明)|"
    r"主办单位\s*[:：].*(?:备|承办)|"
    r"网站标识码|.{0,20}ICP备|.{0,10}公网安备|(?:索\s*引\s*号|主题分类|发文字号|公开方式|有\s*效\s*性)\s*[:：]|"
    r"All Rights Reserved",
    re.IGNORECASE,
)
_ADDRESSEE = re.compile(
    r"^[^。；！？]{1,80}[：:]\s*$|^(?:同志们|各位(?:代表|领导|同志|委员|评委|老师)|尊敬的.{1,20})[：:，！!]"
)
# 现将情况汇报如下： opens the report, and greets nobody.
_OPENS = re.compile(r"如下|以下|^(?:根据|按照|为|现|经|依据|结合|近年来|一年来)")
_SALUTATION = re.compile(r"^(?:同志们|各位[^，。]{1,10}|尊敬的[^，。]{1,20}|大家好)(?:、[^：]{1,30})?[：:，！!。]?\s*$")
_POSTS = (
    "局|委|办|部|院|校|厅|镇|乡|县|市|区|村|社区|公司|集团|支部|中心|中学|小学|大学|组|站|所|队|省长|主席|市长|县长|区长|州长|镇长|乡长|书记|主任|处长|"
    "科长|股长|局长|部长|厅长|院长|校长|园长|所长|站长|队长|行长|总经理|董事长|干部|科员|教师|护士|医生|民警|学员|代表|委员|秘书长|组长|师"
)
_NAME_LINE = re.compile(
    r"^(?:[（(](?![一二三四五六七八九十]{1,3}[）)]).{1,40}[）)]|"
    r"(?:述职人|报告人|发言人|汇报人|检查人|剖析人|对照人|姓名|单位|职务|作者|学员)\s*[:：].*|"
    rf"[\u4e00-\u9fff]{{1,4}}[\s\u3000]*[某XxＸ×]{{1,3}}|"
    rf"(?:[\u4e00-\u9fffXx×、（）]{{2,30}}(?:{_POSTS})[\s\u3000]+){{1,3}}[\u4e00-\u9fff·某XxＸ×]{{1,8}})\s*$"
)
_UNIT = (
    r"[\u4e00-\u9fffXx×]{2,24}(?:局|委员会|[县市省州区乡镇工]委|党组|组织部|宣传部|办公室|办公厅|政府|医院|学校|中学|小学|公司|集团|"
    r"党支部|党总支|国务院|中共中央|厅)"
)
_UNIT_LINE = re.compile(
    r"^[\u4e00-\u9fffXx×]{2,20}(?:局|委员会|办公室|医院|学校|中学|小学|公司|集团|人民政府|党支部|支部委员会)\s*$"
)
_ISSUERS = re.compile(rf"(?:{_UNIT}|中共中央|国务院)(?:[\s\u3000]+(?:{_UNIT}|国务院)){{0,4}}\s*$")
_BUSINESS = re.compile(r"(?:关于|印发|转发|批转|贯彻|同意|对)[\u4e00-\u9fff“《（]")
_CLOSING_NOTE = re.compile(r"^[（(](?:此件|本文|完|此页|联系人|公开属性).{0,60}[）)]$")
_ATTACHMENT = re.compile(r"^附\s*件?\s*[\d一二三四五]?\s*(?:[:：].*)?$")
_ANNEX = re.compile(r"^附\s*件\s*[\d一二三四五]{0,2}(?:[\s\u3000]+\S{1,30})?$")
_COPY = re.compile(
    r"^(?:抄送|抄报|主送|印发|分送|联系人|联系电话|公开属性|主题词)\s*[:：]?|^.{4,30}\d{4}年\d{1,2}月\d{1,2}日印发$"
)


def kind_of_line(line: str) -> str | None:
    """What a short line outside the body is: number, letterhead, date, source, site, note, disclaimer, addressee,
    name, unit; None if it may be body."""
    if _NUMBER.match(line):
        return "number"
    if _DATE.fullmatch(line):
        return "date"
    if is_of_a_site(line):
        return "site"
    if len(line) <= LONGEST_SITE_LINE and _SOURCE.match(line):
        return "source"
    if _CLOSING_NOTE.match(line):
        return "note"
    if len(line) <= 60 and _DISCLAIMER.search(line):
        return "disclaimer"
    if _LETTERHEAD.fullmatch(line):
        return "letterhead"
    if is_addressee(line):
        return "addressee"
    if _NAME_LINE.match(line):
        return "name"
    return "unit" if _UNIT_LINE.match(line) else None


def is_addressee(line: str) -> bool:
    """各乡镇党委：, 同志们：, 尊敬的各位评委！ - and no sentence that opens the report."""
    if _SALUTATION.match(line):
        return True
    return len(line) <= 80 and line.endswith(("：", ":")) and bool(_ADDRESSEE.match(line)) and not _OPENS.search(line)


def is_of_a_site(line: str) -> bool:
    """Breadcrumbs, buttons, counters and notices of a web page."""
    if len(line) > LONGEST_SITE_LINE:
        return False
    return bool(_PLACE.match(line) or _SITE.match(line) or (len(bare(line)) > 1 and _CLICKS.match(line)))


def is_subtitle(line: str) -> bool:
    return bool(_SUBTITLE.match(line))


def is_attachment(line: str) -> bool:
    """附件：…, 抄送：…, 联系人：…: lists and notes below the sign-off."""
    return bool(_ATTACHMENT.match(line) or _COPY.match(line))


def opens_attachments(line: str) -> bool:
    return bool((_ATTACHMENT.match(line) and line.rstrip().endswith(("：", ":"))) or re.match(r"^附件?[:：]", line))


def is_annex(line: str) -> bool:
    """附件, 附件2, 附件2 名词解释: the heading of an annex that follows, not the list of annexes."""
    return bool(_ANNEX.match(line))


def are_issuers(line: str, following: str) -> bool:
    """中共某县委　某县人民政府, where the next line says what about: the first half of a title."""
    return bool(_ISSUERS.fullmatch(line) and _BUSINESS.match(following))


def ends_in_genre(line: str) -> bool:
    """Whether a title line already ends in the name of a 文种, brackets aside."""
    words = re.sub(r"[（(][^）)]*[）)]$|[。！]$", "", bare(line).rstrip("*#"))
    return words.endswith(tuple(table("genres")["title_endings"]))
