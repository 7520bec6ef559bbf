#include "sms.h"

#include <shellapi.h>

#define USAGE L"sms.exe ACCOUNT PASSWORD TO FROM \"MESSAGE\" PRIO"

enum { ACCOUNT, PASSWORD, TO, FROM, MESSAGE, PRIO, COUNT };

static const WCHAR *const NAMES[COUNT] = {L"ACCOUNT", L"PASSWORD", L"TO", L"FROM", L"MESSAGE", L"PRIO"};

static const WCHAR HELP[] = {
#embed "help.txt"
    , 0};

static BOOL asks_for_help(const WCHAR *word) {
    return !lstrcmpW(word, L"--help") || !lstrcmpW(word, L"-h") || !lstrcmpW(word, L"/?");
}

DECLSPEC_NORETURN static void wrong_usage(const WCHAR *what) {
    say(STD_ERROR_HANDLE, text(L"sms: %1.\r\n\r\n  " USAGE L"\r\n\r\nsms.exe --help tells more.\r\n", what));
    ExitProcess(WRONG_USAGE);
}

static void check_count(int count) {
    if (count > COUNT)
        wrong_usage(text(L"%1!u! arguments instead of 6: put the message in quotation marks, \"like this\"", count));
    if (count == COUNT)
        return;
    WCHAR *missing = text(L"missing: %1", NAMES[count]);
    while (++count < COUNT)
        missing = text(L"%1, %2", missing, NAMES[count]);
    wrong_usage(missing);
}

/* The manual: "if the return value is below 1000 it is an error code" */
static BOOL is_id(const WCHAR *answer) {
    return lstrlenW(answer) > 3;
}

static BOOL is_number(const WCHAR *answer) {
    const WCHAR *at = answer;
    while (*at >= L'0' && *at <= L'9')
        at++;
    return at != answer && !*at;
}

static int send(WCHAR **given) {
    WCHAR *address = find_address();
    Parameter order[COUNT] = {
        {L"konto", given[ACCOUNT]}, {L"passwd", given[PASSWORD]}, {L"till", given[TO]},
        {L"from", given[FROM]},     {L"meddelande", given[MESSAGE]}, {L"prio", given[PRIO]},
    };
    if (!lstrcmpW(given[PASSWORD], L"-"))
        order[PASSWORD].value = password_from_stdin();
    const WCHAR *answer = call(address, L"sms", order, COUNT, FALSE);
    if (!is_number(answer))
        not_a_gateway(address, 200);
    if (is_id(answer)) {
        say(STD_OUTPUT_HANDLE, text(L"%1\r\n", answer));
        return DONE;
    }
    Parameter code = {L"Id", answer};
    const WCHAR *meaning = call(address, L"beskrivning", &code, 1, TRUE);
    say(STD_OUTPUT_HANDLE, meaning && *meaning ? text(L"%1 %2\r\n", answer, meaning) : text(L"%1\r\n", answer));
    return TROUBLE;
}

/* The arguments as Windows has them, in UTF-16: no code page comes near åäö. */
void start(void) {
    int count;
    WCHAR **words = CommandLineToArgvW(GetCommandLineW(), &count);
    WCHAR **given = words + 1;
    if (--count < 1) {
        say(STD_ERROR_HANDLE, HELP);
        ExitProcess(WRONG_USAGE);
    }
    if (count == 1 && asks_for_help(given[0])) {
        say(STD_OUTPUT_HANDLE, HELP);
        ExitProcess(DONE);
    }
    check_count(count);
    ExitProcess(send(given));
}
