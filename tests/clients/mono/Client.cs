// Drives the proxy class that `wsdl` made. Arguments: the service's address; the one TLS version that it
// speaks, as .NET calls it. It trusts any certificate, as those do whose system knows no issuer of today.
// Reads calls and writes answers as support/clients.py tells.

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Text;
using System.Web.Script.Serialization;
using System.Web.Services.Protocols;

static class Client
{
    static readonly JavaScriptSerializer Json = new JavaScriptSerializer();

    static void Main(string[] arguments)
    {
        ServicePointManager.SecurityProtocol = (SecurityProtocolType)Enum.Parse(typeof(SecurityProtocolType), arguments[1]);
        ServicePointManager.ServerCertificateValidationCallback = (sender, certificate, chain, errors) => true;
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        Type described = typeof(Client).Assembly.GetTypes().Single(typeof(WebClientProtocol).IsAssignableFrom);
        var proxy = (WebClientProtocol)Activator.CreateInstance(described);
        proxy.Url = arguments[0];
        for (string line; (line = input.ReadLine()) != null; )
        {
            var asked = Json.Deserialize<Dictionary<string, object>>(line);
            var parameters = (Dictionary<string, object>)asked["parameters"];
            output.WriteLine(Json.Serialize(Answer(proxy, (string)asked["operation"], parameters)));
        }
    }

    static Dictionary<string, object> Answer(WebClientProtocol proxy, string operation, Dictionary<string, object> given)
    {
        var answer = new Dictionary<string, object>();
        try
        {
            MethodInfo method = proxy.GetType().GetMethod(operation);
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
        return given.TryGetValue(parameter.Name, out value) ? Typed(value, parameter.ParameterType) : null;
    }

    // What JSON says, as the proxy's own types have it: {"base64": …} is octets, {"Item": […]} an array of Items.
    static object Typed(object value, Type type)
    {
        var inner = value as Dictionary<string, object>;
        if (inner == null)
            return value;
        if (type == typeof(byte[]))
            return Convert.FromBase64String((string)inner["base64"]);
        if (type.IsArray)
            return Array(((IEnumerable)inner.Values.Single()).Cast<object>().ToArray(), type.GetElementType());
        object made = Activator.CreateInstance(type);
        foreach (var one in inner)
        {
            FieldInfo field = type.GetField(one.Key);
            PropertyInfo property = type.GetProperty(one.Key);
            if (field != null)
                field.SetValue(made, Typed(one.Value, field.FieldType));
            else
                property.SetValue(made, Typed(one.Value, property.PropertyType), null);
        }
        return made;
    }

    static object Array(object[] values, Type type)
    {
        var array = System.Array.CreateInstance(type, values.Length);
        for (int at = 0; at < values.Length; at++)
            array.SetValue(Typed(values[at], type), at);
        return array;
    }
}
