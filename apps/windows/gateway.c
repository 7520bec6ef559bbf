#include "sms.h"

#include <winhttp.h>

#define NAMESPACE L"http://tempuri.org/"

enum {
    MOST_ADDRESS = 2048, /* characters */
    MOST_ANSWER = 64 * 1024,
    CONNECTING = 30 * 1000, /* milliseconds */
    PATIENCE = 90 * 1000,   /* the gateway takes 60 s at most to answer */
    LONGEST_ENTITY = 5,
};

/* The newest that this Windows takes. XP and Vista know TLS 1.0 alone, for a listener with tls = "legacy". */
static const DWORD PROTOCOLS[] = {0x2000 | 0x800 /* 1.3, 1.2 */, 0x800 /* 1.2 */, 0x80 /* 1.0 */};

/* How far a call came: `error` is what Windows says of a stage that was not passed. */
typedef struct {
    enum { NOT_REACHED, NOT_ANSWERED, ANSWERED } stage;
    DWORD error;
    DWORD status;
    WCHAR *body;
    WCHAR *location;
} Answer;

/* --- the envelope ------------------------------------------------------------------------------------ */

static WCHAR *put(WCHAR *at, const WCHAR *added) {
    lstrcpyW(at, added);
    return at + lstrlenW(added);
}

static WCHAR *put_escaped(WCHAR *at, const Parameter *given) {
    for (const WCHAR *c = given->value; *c; c++) {
        if (*c < L' ' && *c != L'\t' && *c != L'\n' && *c != L'\r') /* XML 1.0 §2.2 */
            trouble(text(L"%1 holds the control character %2!u!: take it out", given->name, (DWORD)*c));
        if (*c == L'&')
            at = put(at, L"&amp;");
        else if (*c == L'<')
            at = put(at, L"&lt;");
        else if (*c == L'>')
            at = put(at, L"&gt;");
        else
            *at++ = *c;
    }
    return at;
}

static WCHAR *envelope(const WCHAR *operation, const Parameter *given, int count) {
    SIZE_T most = 512;
    for (int i = 0; i < count; i++)
        most += LONGEST_ENTITY * lstrlenW(given[i].value);
    WCHAR *whole = room(most * sizeof(WCHAR)), *at = whole;
    at = put(at, L"<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">");
    at = put(at, text(L"<soap:Body><%1 xmlns=\"" NAMESPACE L"\">", operation));
    for (int i = 0; i < count; i++) {
        at = put_escaped(put(at, text(L"<%1>", given[i].name)), &given[i]);
        at = put(at, text(L"</%1>", given[i].name));
    }
    put(at, text(L"</%1></soap:Body></soap:Envelope>", operation));
    return whole;
}

/* --- the call ---------------------------------------------------------------------------------------- */

static HINTERNET session(void) {
    /* 4: the system's automatic proxy, from Windows 8.1 on */
    HINTERNET opened = WinHttpOpen(L"sms", 4, NULL, NULL, 0);
    if (!opened)
        opened = WinHttpOpen(L"sms", WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, NULL, NULL, 0);
    WinHttpSetTimeouts(opened, CONNECTING, CONNECTING, PATIENCE, PATIENCE);
    for (int i = 0; i < ARRAYSIZE(PROTOCOLS); i++)
        if (WinHttpSetOption(opened, WINHTTP_OPTION_SECURE_PROTOCOLS, (void *)&PROTOCOLS[i], sizeof PROTOCOLS[i]))
            break;
    return opened;
}

/* NULL if Windows refuses; GetLastError() tells why. */
static HINTERNET request_to(const WCHAR *address) {
    URL_COMPONENTS parts = {.dwStructSize = sizeof parts};
    WCHAR host[256];
    parts.lpszHostName = host;
    parts.dwHostNameLength = ARRAYSIZE(host);
    parts.dwUrlPathLength = -1;
    if (!WinHttpCrackUrl(address, 0, 0, &parts))
        return NULL;
    HINTERNET connection = WinHttpConnect(session(), host, parts.nPort, 0);
    DWORD secure = parts.nScheme == INTERNET_SCHEME_HTTPS ? WINHTTP_FLAG_SECURE : 0;
    HINTERNET request = WinHttpOpenRequest(connection, L"POST", parts.lpszUrlPath, NULL, NULL, NULL, secure);
    /* Followed, a POST would become a GET; and the password would go where nobody said it may. */
    DWORD redirects = WINHTTP_DISABLE_REDIRECTS;
    WinHttpSetOption(request, WINHTTP_OPTION_DISABLE_FEATURE, &redirects, sizeof redirects);
    return request;
}

static BOOL send_to(HINTERNET request, const WCHAR *operation, const WCHAR *sent) {
    int size = WideCharToMultiByte(CP_UTF8, 0, sent, -1, NULL, 0, NULL, NULL) - 1;
    char *bytes = room(size + 1);
    WideCharToMultiByte(CP_UTF8, 0, sent, -1, bytes, size + 1, NULL, NULL);
    WCHAR *head = text(L"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"" NAMESPACE L"%1\"", operation);
    return WinHttpSendRequest(request, head, -1, bytes, size, size, 0);
}

static DWORD status_of(HINTERNET request) {
    DWORD status = 0, size = sizeof status;
    WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &status, &size, NULL);
    return status;
}

static WCHAR *location_of(HINTERNET request) {
    DWORD size = MOST_ADDRESS * sizeof(WCHAR);
    WCHAR *location = room(size);
    return WinHttpQueryHeaders(request, WINHTTP_QUERY_LOCATION, NULL, location, &size, NULL) ? location : NULL;
}

/* NULL if it broke off. */
static WCHAR *body_of(HINTERNET request) {
    static char bytes[MOST_ANSWER];
    DWORD size = 0, got = 0;
    do {
        if (!WinHttpReadData(request, bytes + size, sizeof bytes - size, &got))
            return NULL;
        size += got;
    } while (got && size < sizeof bytes);
    WCHAR *read = room((size + 1) * sizeof(WCHAR));
    MultiByteToWideChar(CP_UTF8, 0, bytes, size, read, size);
    return read;
}

static Answer post(const WCHAR *address, const WCHAR *operation, const WCHAR *sent) {
    HINTERNET request = request_to(address);
    Answer answer = {.stage = NOT_REACHED};
    if (request && send_to(request, operation, sent)) {
        answer.stage = NOT_ANSWERED;
        if (WinHttpReceiveResponse(request, NULL) && (answer.body = body_of(request))) {
            answer.stage = ANSWERED;
            answer.status = status_of(request);
            answer.location = location_of(request);
        }
    }
    answer.error = GetLastError();
    return answer;
}

/* --- the answer -------------------------------------------------------------------------------------- */

static BOOL begins(const WCHAR *at, const WCHAR *with) {
    while (*with)
        if (*at++ != *with++)
            return FALSE;
    return TRUE;
}

static WCHAR unescaped(const WCHAR **at) {
    static const struct {
        const WCHAR *entity;
        WCHAR plain;
    } known[] = {{L"&amp;", L'&'}, {L"&lt;", L'<'}, {L"&gt;", L'>'}, {L"&quot;", L'"'}, {L"&#34;", L'"'}, {L"&#39;", L'\''}};
    for (int i = 0; i < ARRAYSIZE(known); i++)
        if (begins(*at, known[i].entity)) {
            *at += lstrlenW(known[i].entity);
            return known[i].plain;
        }
    return *(*at)++;
}

/* What stands between <name> and the next tag, without white space round it; NULL if there is none. */
static const WCHAR *element(const WCHAR *answer, const WCHAR *name) {
    WCHAR *tag = text(L"<%1>", name);
    while (*answer && !begins(answer, tag))
        answer++;
    if (!*answer)
        return NULL;
    answer += lstrlenW(tag);
    WCHAR *found = room((lstrlenW(answer) + 1) * sizeof(WCHAR)), *end = found;
    while (*answer && *answer <= L' ')
        answer++;
    while (*answer && *answer != L'<')
        *end++ = unescaped(&answer);
    while (end > found && end[-1] <= L' ')
        *--end = 0;
    return found;
}

/* --- what may go wrong ------------------------------------------------------------------------------- */

DECLSPEC_NORETURN static void not_reached(const WCHAR *address, DWORD error) {
    if (error == ERROR_WINHTTP_SECURE_FAILURE || error == ERROR_WINHTTP_SECURE_CHANNEL_ERROR)
        trouble(text(L"no secure connection to %1 (Windows error %2!u!). If the gateway's certificate is from an"
                     L" authority of your own, install that authority in Windows; if the gateway has no TLS,"
                     L" begin its address with http://",
                     address, error));
    trouble(text(L"cannot reach %1 (%2). Is the address right, and the gateway up? Nothing was sent", address,
                 error == ERROR_WINHTTP_NAME_NOT_RESOLVED ? L"there is no such host"
                 : error == ERROR_WINHTTP_CANNOT_CONNECT  ? L"connection refused"
                 : error == ERROR_WINHTTP_TIMEOUT         ? L"timed out"
                                                          : text(L"Windows error %1!u!", error)));
}

DECLSPEC_NORETURN static void no_answer(const WCHAR *address, DWORD error) {
    trouble(text(L"%1 took the call and did not answer (Windows error %2!u!). The message may have been sent:"
                 L" look at the history of sent messages before you send it again",
                 address, error));
}

void not_a_gateway(const WCHAR *address, DWORD status) {
    trouble(text(L"%1 answers HTTP %2!u!, but not as an SMS gateway does. Is the address right, and the gateway"
                 L" up? Look at the history of sent messages before you send this one again",
                 address, status));
}

const WCHAR *call(const WCHAR *address, const WCHAR *operation, const Parameter *given, int count, BOOL optional) {
    Answer answer = post(address, operation, envelope(operation, given, count));
    const WCHAR *result = answer.body ? element(answer.body, text(L"%1Result", operation)) : NULL;
    if (result || optional)
        return result;
    if (answer.stage == NOT_REACHED)
        not_reached(address, answer.error);
    if (answer.stage == NOT_ANSWERED)
        no_answer(address, answer.error);
    if (answer.location)
        trouble(text(L"%1 redirects to %2: if that is right, make it the address", address, answer.location));
    const WCHAR *fault = element(answer.body, L"faultstring");
    if (fault)
        trouble(text(L"%1 refuses the call: %2", address, fault));
    not_a_gateway(address, answer.status);
}
