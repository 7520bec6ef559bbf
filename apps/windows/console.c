#include "sms.h"

enum { MOST_PASSWORD = 1024 };

/* The process is short: what it takes, it keeps to its end. */
void *room(SIZE_T bytes) {
    void *taken = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, bytes);
    if (!taken)
        ExitProcess(TROUBLE);
    return taken;
}

WCHAR *text(const WCHAR *template, ...) {
    WCHAR *made = NULL;
    va_list values;
    va_start(values, template);
    FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER, template, 0, 0, (WCHAR *)&made, 0,
                   &values);
    va_end(values);
    return made ? made : room(sizeof(WCHAR));
}

/* On a console as it is; into a file or a pipe in the console's code page, as other programs write there. */
void say(DWORD handle, const WCHAR *said) {
    HANDLE out = GetStdHandle(handle);
    DWORD done;
    if (GetConsoleMode(out, &done)) {
        WriteConsoleW(out, said, lstrlenW(said), &done, NULL);
        return;
    }
    UINT page = GetConsoleOutputCP();
    int size = WideCharToMultiByte(page, 0, said, lstrlenW(said), NULL, 0, NULL, NULL);
    char *bytes = room(size);
    WideCharToMultiByte(page, 0, said, lstrlenW(said), bytes, size, NULL, NULL);
    WriteFile(out, bytes, size, &done, NULL);
}

void trouble(const WCHAR *said) {
    say(STD_ERROR_HANDLE, text(L"sms: %1.\r\n", said));
    ExitProcess(TROUBLE);
}

static void cut_at_line_end(WCHAR *line) {
    while (*line && *line != L'\r' && *line != L'\n')
        line++;
    *line = 0;
}

static void type_password(HANDLE in, DWORD mode, WCHAR *into) {
    DWORD got = 0;
    say(STD_ERROR_HANDLE, L"Password: ");
    SetConsoleMode(in, mode & ~(DWORD)ENABLE_ECHO_INPUT);
    ReadConsoleW(in, into, MOST_PASSWORD - 1, &got, NULL);
    SetConsoleMode(in, mode);
    say(STD_ERROR_HANDLE, L"\r\n");
    into[got] = 0;
}

/* From a file or a pipe: UTF-8, with or without its mark, else in the console's code page. */
static void read_password(HANDLE in, WCHAR *into) {
    char bytes[MOST_PASSWORD];
    DWORD size = 0, got;
    while (size < sizeof bytes && ReadFile(in, bytes + size, sizeof bytes - size, &got, NULL) && got)
        size += got;
    if (!size)
        trouble(L"no password came on standard input");
    BOOL marked = size >= 3 && bytes[0] == '\xef' && bytes[1] == '\xbb' && bytes[2] == '\xbf';
    char *first = marked ? bytes + 3 : bytes;
    size -= marked ? 3 : 0;
    int read = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, first, size, into, MOST_PASSWORD - 1);
    if (!read)
        read = MultiByteToWideChar(GetConsoleCP(), 0, first, size, into, MOST_PASSWORD - 1);
    into[read] = 0;
}

const WCHAR *password_from_stdin(void) {
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    WCHAR *password = room(MOST_PASSWORD * sizeof(WCHAR));
    DWORD mode;
    if (GetConsoleMode(in, &mode))
        type_password(in, mode, password);
    else
        read_password(in, password);
    cut_at_line_end(password);
    return password;
}
