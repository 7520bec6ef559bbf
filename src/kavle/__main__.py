from kavle.cli.main import main

main()
