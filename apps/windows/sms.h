/* sms.exe: the manual's "EXE application". It stands on kernel32, shell32 and winhttp alone, without a C
   runtime, so that one small file runs from Windows XP on and every Windows brings its own TLS.
   It does and says what src/kavle/smsapp does, and tests/journey/test_sms_app.py holds both to it. */
#ifndef SMS_H
#define SMS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#define EXAMPLE L"https://sms.example.com"

enum { DONE = 0, TROUBLE = 1, WRONG_USAGE = 2 };

typedef struct {
    const WCHAR *name;
    const WCHAR *value;
} Parameter;

/* console.c */
WCHAR *text(const WCHAR *template, ...); /* %1 %2: texts; %1!u!: numbers */
void say(DWORD handle, const WCHAR *said);
DECLSPEC_NORETURN void trouble(const WCHAR *said);
const WCHAR *password_from_stdin(void);
void *room(SIZE_T bytes);

/* address.c */
WCHAR *find_address(void);

/* gateway.c: the result of an operation, by SOAP 1.1. If there is none, NULL where that is no matter
   (`optional`), else the program ends. */
const WCHAR *call(const WCHAR *address, const WCHAR *operation, const Parameter *given, int count, BOOL optional);
DECLSPEC_NORETURN void not_a_gateway(const WCHAR *address, DWORD status);

#endif
