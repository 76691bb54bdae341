"""The opening import (SPEC flow Migration): upload, map, check, propose, load all or nothing, proof, roll back.

files: bytes in, text and rows out. mapping: which column means what. reading: one record to one row, or to what is
wrong with it. checking: what is wrong between rows. proof: totals, and the bank. approval: the second person.
loading and undoing: the journal, through the pen.
"""
