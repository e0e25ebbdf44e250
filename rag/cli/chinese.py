"""The command-line framework's own words in Chinese: usage lines, headings, errors. One table, by its English.

click marks its messages for gettext; a compiled catalogue would depend on the user's locale, this does not.
"""

from __future__ import annotations

import click

MESSAGES = {
    "Usage:": "用法：",
    "Usage: ": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Arguments": "参数",
    "Positional arguments": "参数",
    "Show this message and exit.": "显示帮助后退出。",
    "Error": "错误",
    "Error: {message}": "错误：{message}",
    "Aborted!": "已中断",
    "Missing command.": "没有写命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing {param_type}": "缺少 {param_type}",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "No such command {name!r}.": "没有这个命令：{name}。",
    "No such option {name!r}.": "没有这个选项：{name}。",
    "No such option: {name}": "没有这个选项：{name}",
    "Invalid value: {message}": "值不对：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值不对：{message}",
    "Option {name!r} does not take a value.": "选项 {name} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name} 后面要写值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name} 后面要写 {nargs} 个值。",
    "{value!r} is not a valid {number_type}.": "{value} 不是{number_type}。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 内。",
    "Got unexpected extra argument ({args})": "多出的参数：{args}",
    "Got unexpected extra arguments ({args})": "多出的参数：{args}",
    "Try '{command} {option}' for help.": "用 {command} {option} 看帮助。",
    "Did you mean {possibility}?": "是否要写 {possibility}？",
    "(Possible options: {possibilities})": "（相近的选项：{possibilities}）",
    "[default: {}]": "[默认：{}]",
    "default: {default}": "默认：{default}",
    "[required]": "[必填]",
    "required": "必填",
    "[env var: {}]": "[环境变量：{}]",
    "env var: {var}": "环境变量：{var}",
    "integer": "整数",
    "float": "数",
    "file": "文件",
    "directory": "文件夹",
    "path": "路径",
}
_WORDS = {"integer range": "整数", "integer": "整数", "float": "小数"}


def speak_chinese() -> None:
    """Make click and typer look their messages up here."""
    import click.core
    import click.decorators
    import click.exceptions
    import click.formatting
    import click.parser
    import click.types
    import typer.core

    for module in (
        click.core,
        click.decorators,
        click.exceptions,
        click.formatting,
        click.parser,
        click.types,
        typer.core,
    ):
        for name, translate in (("_", _one), ("ngettext", _many)):
            if hasattr(module, name):
                setattr(module, name, translate)


def usage_text(error: click.UsageError) -> str:
    """What is wrong with the command line, and which help to read."""
    message = error.format_message().rstrip("。.")
    for english, chinese in _WORDS.items():
        message = message.replace(english, chinese)
    if error.ctx is None:
        return message
    return f"{message}\n用 {error.ctx.command_path} --help 看帮助"


def _one(message: str) -> str:
    return MESSAGES.get(message, message)


def _many(one: str, many: str, count: int) -> str:
    return _one(one if count == 1 else many)
