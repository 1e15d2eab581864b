"""Fills in and reads spreadsheets as another program would: not with our own writer.

fill FILE OUT   rows from standard input, [{heading: value}]: a text, a number, or {"day": "2020-09-01"} for a cell of type date;
                rows already in the file are kept above unless the first row is {"replace": true}
read FILE       all rows below the headings of the shown sheet, [{heading: text}]
"""
import datetime
import json
import sys

import openpyxl


def headings(sheet):
    return {str(cell.value).rstrip("*"): cell.column for cell in sheet[1] if cell.value}


def fill(source, target):
    book = openpyxl.load_workbook(source)
    sheet = book.active
    columns = headings(sheet)
    rows = json.load(sys.stdin)
    if rows and rows[0].get("replace"):
        rows = rows[1:]
        sheet.delete_rows(2, sheet.max_row)
    # Locked columns come filled in for rows that may stay empty: a row counts once any other cell is typed.
    first = 2
    while any(sheet.cell(first, at).value for at in columns.values()) and not rows_start_here(sheet, first, columns):
        first += 1
    for at, row in enumerate(rows, start=first):
        for heading, value in row.items():
            cell = sheet.cell(at, columns[heading])
            if isinstance(value, dict):
                cell.value = datetime.datetime.fromisoformat(value["day"])
                cell.number_format = "yyyy-mm-dd"
            else:
                cell.value = value
                if not isinstance(value, str):
                    cell.number_format = "General"
    book.save(target)


def rows_start_here(sheet, at, columns):
    """Whether only prefilled cells stand in this row: the same as in the next one."""
    return all(sheet.cell(at, column).value == sheet.cell(at + 1, column).value for column in columns.values())


def read(source):
    sheet = openpyxl.load_workbook(source, read_only=False).active
    columns = headings(sheet)
    rows = []
    for line in sheet.iter_rows(min_row=2):
        row = {name: str(line[at - 1].value) for name, at in columns.items() if at <= len(line) and line[at - 1].value is not None}
        if row:
            rows.append(row)
    json.dump(rows, sys.stdout, ensure_ascii=False)


{"fill": fill, "read": read}[sys.argv[1]](*sys.argv[2:])
