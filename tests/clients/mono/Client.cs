// Drives a proxy class that `wsdl` made, `sendSms`. Arguments: the service's address; the one TLS version that it
// speaks, as .NET calls it. It trusts any certificate, as those do whose system knows no issuer of today.
// Reads calls and writes answers as support/clients.py tells.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Text;
using System.Web.Script.Serialization;

static class Client
{
    static readonly JavaScriptSerializer Json = new JavaScriptSerializer();

    static void Main(string[] arguments)
    {
        ServicePointManager.SecurityProtocol = (SecurityProtocolType)Enum.Parse(typeof(SecurityProtocolType), arguments[1]);
        ServicePointManager.ServerCertificateValidationCallback = (sender, certificate, chain, errors) => true;
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        var proxy = new sendSms { Url = arguments[0] };
        for (string line; (line = input.ReadLine()) != null; )
        {
            var asked = Json.Deserialize<Dictionary<string, object>>(line);
            var parameters = (Dictionary<string, object>)asked["parameters"];
            output.WriteLine(Json.Serialize(Answer(proxy, (string)asked["operation"], parameters)));
        }
    }

    static Dictionary<string, object> Answer(sendSms proxy, string operation, Dictionary<string, object> given)
    {
        var answer = new Dictionary<string, object>();
        try
        {
            MethodInfo method = typeof(sendSms).GetMethod(operation);
            answer["result"] = method.Invoke(proxy, method.GetParameters().Select(one => Value(given, one)).ToArray());
        }
        catch (TargetInvocationException failed)
        {
            answer["fault"] = failed.InnerException.Message;
        }
        return answer;
    }

    // What is not given is null: a proxy leaves it out.
    static object Value(Dictionary<string, object> given, ParameterInfo parameter)
    {
        object value;
        return given.TryGetValue(parameter.Name, out value) ? value : null;
    }
}
