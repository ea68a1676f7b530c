/** `ESC t n` of Epson's table: numbers that other makers share, as iconv names the pages. */
export const CODE_PAGE_NUMBERS: Readonly<Record<number, string>> = {
  ...{ 0: 'cp437', 2: 'cp850', 3: 'cp860', 4: 'cp863', 5: 'cp865', 13: 'cp857', 14: 'cp737' },
  ...{ 15: 'iso88597', 16: 'windows1252', 17: 'cp866', 18: 'cp852', 19: 'cp858', 33: 'cp775' },
  ...{ 34: 'cp855', 36: 'cp862', 37: 'cp864', 39: 'iso88592', 40: 'iso885915', 45: 'windows1250' },
  ...{ 46: 'windows1251', 47: 'windows1253', 48: 'windows1254', 49: 'windows1255' },
  ...{ 50: 'windows1256', 51: 'windows1257', 52: 'windows1258' },
};
