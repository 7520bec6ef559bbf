#include "sms.h"

#include <winhttp.h>

#define SERVICE L"/sendSms/sendSms.asmx"

enum { MOST_ADDRESS = 2048 };

static WCHAR *beside_the_program(void) {
    WCHAR *path = room((MAX_PATH + 16) * sizeof(WCHAR));
    GetModuleFileNameW(NULL, path, MAX_PATH);
    WCHAR *end = path + lstrlenW(path);
    while (end > path && end[-1] != L'\\')
        end--;
    lstrcpyW(end, L"sms.ini");
    return path;
}

static BOOL has_scheme(const WCHAR *written) {
    while (*written && !(written[0] == L':' && written[1] == L'/' && written[2] == L'/'))
        written++;
    return *written;
}

static WCHAR *span(const WCHAR *from, DWORD length) {
    WCHAR *copied = room((length + 1) * sizeof(WCHAR));
    lstrcpynW(copied, from, length + 1);
    return copied;
}

/* One word of ASCII: WinHttpCrackUrl minds neither white space nor letters. */
static BOOL is_word(const WCHAR *written) {
    while (*written > L' ' && *written < 127)
        written++;
    return !*written;
}

/* The web service's URL at an address as people write it: a host, host:port, or a URL with or without the
   service's path. Without a scheme it is https: a password goes over it. */
static WCHAR *service_url(const WCHAR *written, const WCHAR *source) {
    WCHAR *whole = has_scheme(written) ? text(L"%1", written) : text(L"https://%1", written);
    URL_COMPONENTS parts = {.dwStructSize = sizeof parts};
    parts.dwSchemeLength = parts.dwHostNameLength = parts.dwUrlPathLength = parts.dwExtraInfoLength = -1;
    parts.dwUserNameLength = parts.dwPasswordLength = -1;
    if (!is_word(whole) || !WinHttpCrackUrl(whole, 0, 0, &parts) || !parts.dwHostNameLength ||
        parts.dwUserNameLength || !parts.nPort)
        trouble(text(L"%1 says '%2', which is no address: write it as " EXAMPLE, source, written));
    WCHAR *origin = span(whole, (DWORD)(parts.lpszUrlPath - whole));
    WCHAR *path = span(parts.lpszUrlPath, parts.dwUrlPathLength);
    return text(L"%1%2", origin, lstrlenW(path) > 1 ? path : SERVICE);
}

/* SMS_URL, else sms.ini beside the program. */
WCHAR *find_address(void) {
    WCHAR *written = room(MOST_ADDRESS * sizeof(WCHAR));
    DWORD length = GetEnvironmentVariableW(L"SMS_URL", written, MOST_ADDRESS);
    if (length && length < MOST_ADDRESS)
        return service_url(written, L"SMS_URL");
    WCHAR *ini = beside_the_program();
    if (!GetPrivateProfileStringW(L"sms", L"url", L"", written, MOST_ADDRESS, ini))
        trouble(text(L"where is the gateway? Set SMS_URL to its address, such as " EXAMPLE
                     L", or write url=" EXAMPLE L" under [sms] in %1",
                     ini));
    return service_url(written, ini);
}
