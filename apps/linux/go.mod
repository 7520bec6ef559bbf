module sms

go 1.27
