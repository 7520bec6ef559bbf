<?php
// PHP's SoapClient. Arguments: the WSDL's address, or "-" for non-WSDL mode; SoapClient's options, as JSON;
// those of its TLS, as JSON.
// Reads calls and writes answers as support/clients.py tells.

declare(strict_types=1);

[, $wsdl, $options, $tls] = $argv;
$client = new SoapClient(
    $wsdl === '-' ? null : $wsdl,
    read($options) + [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'stream_context' => stream_context_create(['ssl' => read($tls)]),
    ]
);

function read(string $json): array
{
    return json_decode($json, true, 512, JSON_THROW_ON_ERROR);
}

/** By a WSDL, SoapClient writes octets in base64 itself; without one, that is the caller's own work, and what
 *  has parts has to be an object. */
function octets(bool $described, mixed $value): mixed
{
    if (!is_array($value)) {
        return $value;
    }
    if (array_keys($value) === ['base64']) {
        return $described ? base64_decode($value['base64'], true) : $value['base64'];
    }
    $inner = array_map(fn ($one) => octets($described, $one), $value);
    return $described || array_is_list($value) ? $inner : (object) $inner;
}

/** Without a WSDL each parameter is named by hand, and what comes back is the result itself. */
function call(SoapClient $client, bool $described, string $operation, array $parameters): mixed
{
    if ($described) {
        return $client->__soapCall($operation, [$parameters])->{$operation . 'Result'} ?? null;
    }
    $named = array_map(fn ($name, $value) => new SoapParam($value, $name), array_keys($parameters), $parameters);
    return $client->__soapCall($operation, $named);
}

while (($line = fgets(STDIN)) !== false) {
    $asked = read($line);
    $described = $wsdl !== '-';
    $parameters = array_map(fn ($value) => octets($described, $value), $asked['parameters']);
    try {
        $answer = ['result' => call($client, $described, $asked['operation'], $parameters)];
    } catch (SoapFault $fault) {
        $answer = ['fault' => "$fault->faultcode: $fault->faultstring"];
    }
    echo json_encode($answer, JSON_THROW_ON_ERROR), "\n";
}
